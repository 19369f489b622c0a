/** Tables, files and plots of results. */
@NullMarked
package io.llmd.lab.report;

import org.jspecify.annotations.NullMarked;
