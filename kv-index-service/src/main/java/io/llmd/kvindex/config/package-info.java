/** Settings, and what puts the service together. */
@NullMarked
package io.llmd.kvindex.config;

import org.jspecify.annotations.NullMarked;
