/** Fakes with real sockets and a hand-driven clock, for tests of every module. */
@NullMarked
package io.llmd.testsupport;

import org.jspecify.annotations.NullMarked;
