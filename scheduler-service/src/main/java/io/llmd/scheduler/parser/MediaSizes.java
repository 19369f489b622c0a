package io.llmd.scheduler.parser;

/**
 * How many tokens the media of one request count as.
 *
 * @param estimate what the configuration says
 * @param hints what the request says
 */
public record MediaSizes(MediaEstimate estimate, VideoHints hints) {

    static final MediaSizes DEFAULT = new MediaSizes(MediaEstimate.DEFAULT, VideoHints.NONE);

    int image(ImageSize size) {
        return estimate.imageTokens(size.width(), size.height());
    }

    int video() {
        return estimate.videoTokens(hints);
    }
}
