/**
 * The log under Lincheck: the model checker runs the threads of a small scenario one at a time and switches between them wherever
 * they touch what they share, in one order after the other; the stress test lets them run. What the calls return must be what some
 * order of the same calls, one after the other, returns of a list.
 *
 * <p>It is the log as it is, on a directory in memory; what one thread does alone (formats, checksums, recovery, that directory)
 * is not looked into.
 */
@NullMarked
package io.walnut.wal.lincheck;

import org.jspecify.annotations.NullMarked;
