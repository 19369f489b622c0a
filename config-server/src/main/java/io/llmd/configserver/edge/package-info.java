/** What may be asked of the config server over HTTP. */
@NullMarked
package io.llmd.configserver.edge;

import org.jspecify.annotations.NullMarked;
