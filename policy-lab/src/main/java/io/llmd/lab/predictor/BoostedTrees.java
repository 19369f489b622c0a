package io.llmd.lab.predictor;

import io.llmd.scheduler.latency.LatencyFeatures;
import io.llmd.scheduler.latency.MeasuredLatency;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.jspecify.annotations.Nullable;

/**
 * Boosted trees as llm-d's training server grows them: its features, its parameters, one model for the median and one for the
 * quantile that is the bound. Grown anew when there are half as many samples again, on the newest {@value #MOST}.
 */
final class BoostedTrees implements LatencyModel, AutoCloseable {

    static final int MOST = 5000;

    private static final int FEATURES = 9;
    private static final int TREES = 200;
    private static final double GROWTH = 1.5;
    private static final double MEDIAN = 0.5;
    private static final double BOUND = 0.9;
    private static final double FLOOR = 0.01;

    private final int least;
    private final List<float[]> rows = new ArrayList<>();
    private final List<Float> labels = new ArrayList<>();
    private @Nullable Booster median;
    private @Nullable Booster quantile;
    private double next;

    /** @param least samples before anything is predicted */
    BoostedTrees(int least) {
        this.least = least;
        next = least;
    }

    @Override
    public String name() {
        return "boosted trees";
    }

    @Override
    public Prediction predict(MeasuredLatency sample) {
        if (median == null || quantile == null) {
            return Prediction.NONE;
        }
        float[] row = row(sample.sample().features());
        return new Prediction(
                Math.max(FLOOR, predict(median, row, 1)[0][0]), Math.max(FLOOR, predict(quantile, row, 1)[0][0]));
    }

    /** Predicts the median of many samples in one call; for measuring how long that takes. */
    float[][] predictAll(List<MeasuredLatency> samples) {
        float[] flat = new float[samples.size() * FEATURES];
        for (int i = 0; i < samples.size(); i++) {
            System.arraycopy(row(samples.get(i).sample().features()), 0, flat, i * FEATURES, FEATURES);
        }
        if (median == null) {
            throw new IllegalStateException("nothing was learned");
        }
        return predict(median, flat, samples.size());
    }

    private static float[][] predict(Booster booster, float[] rows, int count) {
        DMatrix matrix = null;
        try {
            matrix = new DMatrix(rows, count, FEATURES, Float.NaN);
            return booster.predict(matrix);
        } catch (XGBoostError e) {
            throw new IllegalStateException(e);
        } finally {
            if (matrix != null) {
                matrix.dispose();
            }
        }
    }

    @Override
    public void learn(MeasuredLatency sample) {
        rows.add(row(sample.sample().features()));
        labels.add((float) sample.sample().millis());
        if (rows.size() >= next) {
            next = rows.size() * GROWTH;
            close();
            median = grown(MEDIAN);
            quantile = grown(BOUND);
        }
    }

    /** The features of llm-d's servers with those that they derive. */
    private static float[] row(LatencyFeatures features) {
        return new float[] {
            (float) features.kvCacheUsage(),
            features.inputTokens(),
            features.waitingRequests(),
            features.runningRequests(),
            (float) features.prefixRatio(),
            features.prefillTokensInFlight(),
            features.waitingRequests() > 0 ? 1 : 0,
            (float) ((1 - features.prefixRatio()) * features.inputTokens()),
            (float) Math.floor(features.prefixRatio() * 4),
        };
    }

    private Booster grown(double level) {
        int count = Math.min(MOST, rows.size());
        int from = rows.size() - count;
        float[] flat = new float[count * FEATURES];
        float[] wanted = new float[count];
        for (int i = 0; i < count; i++) {
            System.arraycopy(rows.get(from + i), 0, flat, i * FEATURES, FEATURES);
            wanted[i] = labels.get(from + i);
        }
        DMatrix matrix = null;
        try {
            matrix = new DMatrix(flat, count, FEATURES, Float.NaN);
            matrix.setLabel(wanted);
            return XGBoost.train(matrix, parameters(level), TREES, Map.of(), null, null);
        } catch (XGBoostError e) {
            throw new IllegalStateException(e);
        } finally {
            if (matrix != null) {
                matrix.dispose();
            }
        }
    }

    private static Map<String, Object> parameters(double level) {
        Map<String, Object> parameters = new HashMap<>();
        parameters.put("objective", "reg:quantileerror");
        parameters.put("quantile_alpha", level);
        parameters.put("max_depth", 6);
        parameters.put("eta", 0.05);
        parameters.put("subsample", 0.8);
        parameters.put("colsample_bytree", 0.8);
        parameters.put("min_child_weight", 5);
        parameters.put("gamma", 0.2);
        parameters.put("alpha", 0.01);
        parameters.put("lambda", 0.1);
        parameters.put("tree_method", "hist");
        parameters.put("nthread", 1);
        parameters.put("seed", 1);
        parameters.put("verbosity", 0);
        return parameters;
    }

    @Override
    public void close() {
        if (median != null) {
            median.dispose();
            median = null;
        }
        if (quantile != null) {
            quantile.dispose();
            quantile = null;
        }
    }
}
