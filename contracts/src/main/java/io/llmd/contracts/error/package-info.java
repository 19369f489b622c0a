/** The error codes that clients and services branch on. */
@NullMarked
package io.llmd.contracts.error;

import org.jspecify.annotations.NullMarked;
