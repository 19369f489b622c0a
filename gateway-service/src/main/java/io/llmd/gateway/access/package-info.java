/** Who may use the gateway: API keys, the check of the authorization header, and the brake on guessing. */
@NullMarked
package io.llmd.gateway.access;

import org.jspecify.annotations.NullMarked;
