/** One HTTP call without sockets: routes, body fields and their errors, replies and the shape of answers. */
@NullMarked
package io.llmd.simulator.api;

import org.jspecify.annotations.NullMarked;
