/** Whether prefill and decode on endpoints of their own pay, and whether the decision about it is right. */
@NullMarked
package io.llmd.lab.split;

import org.jspecify.annotations.NullMarked;
