/** The gateway beside one model server, placed by headers of an endpoint picker in front instead of by a scheduler. */
@NullMarked
package io.llmd.gateway.sidecar;

import org.jspecify.annotations.NullMarked;
