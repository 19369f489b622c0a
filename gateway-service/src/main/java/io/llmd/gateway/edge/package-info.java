/** The client's side: strict HTTP, access, one exchange per request on the channel's event loop. */
@NullMarked
package io.llmd.gateway.edge;

import org.jspecify.annotations.NullMarked;
