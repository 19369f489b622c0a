/** Runs services of the suite in this JVM, each as a Spring context of its own. */
@NullMarked
package io.llmd.launcher.serve;

import org.jspecify.annotations.NullMarked;
