/** The simulated endpoints, and what lies between them and whoever routes. */
@NullMarked
package io.llmd.lab.fleet;

import org.jspecify.annotations.NullMarked;
