/** The load generator: arrivals, requests, an HTTP client with precise times, statistics and their report. */
@NullMarked
package io.llmd.launcher.load;

import org.jspecify.annotations.NullMarked;
