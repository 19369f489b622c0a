/** Finds how many replicas of which variant a model needs, and says why. */
@NullMarked
package io.llmd.autoscaler;

import org.jspecify.annotations.NullMarked;
