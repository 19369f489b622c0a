/** Everything that the page about routing policies shows. */
@NullMarked
package io.llmd.lab.study;

import org.jspecify.annotations.NullMarked;
