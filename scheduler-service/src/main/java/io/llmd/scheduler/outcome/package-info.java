/** Tells over Kafka what became of requests, for whoever scales the fleet. */
@NullMarked
package io.llmd.scheduler.outcome;

import org.jspecify.annotations.NullMarked;
