/** What an operator does to a running endpoint, as in vLLM's development mode: sleep, pause, caches, information. */
@NullMarked
package io.llmd.simulator.control;

import org.jspecify.annotations.NullMarked;
