/** The policy lab: traffic, a fleet of simulated engines and a routing policy, in virtual time. */
@NullMarked
package io.llmd.lab;

import org.jspecify.annotations.NullMarked;
