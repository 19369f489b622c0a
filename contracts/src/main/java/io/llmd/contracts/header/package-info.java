/** Names of the HTTP headers with a meaning between client, gateway, scheduler and endpoints. */
@NullMarked
package io.llmd.contracts.header;

import org.jspecify.annotations.NullMarked;
