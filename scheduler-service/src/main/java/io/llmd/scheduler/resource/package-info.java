/** Objectives and model rewrites as operators declare them. */
@NullMarked
package io.llmd.scheduler.resource;

import org.jspecify.annotations.NullMarked;
