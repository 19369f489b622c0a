/** Autoscalers in virtual time: replicas that come and go, who decides about them, what that costs and what requests get. */
@NullMarked
package io.llmd.lab.autoscale;

import org.jspecify.annotations.NullMarked;
