/** How near the engine model comes to published measurements, as tests, tables and plots. */
package io.llmd.simulator.accuracy;
