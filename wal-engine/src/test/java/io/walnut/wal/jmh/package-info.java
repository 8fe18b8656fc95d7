/** JMH benchmarks of the engine's parts; docs/PERFORMANCE.md has the command. Compiled with the tests, run by nobody but you. */
@NullMarked
package io.walnut.wal.jmh;

import org.jspecify.annotations.NullMarked;
