/**
 * Looking at a log that nobody uses: what an open would find, and what is in it. Changes nothing on disk.
 *
 * <p>There is no second reader of the format: the log is opened by the engine itself on a storage that keeps in memory what
 * recovery would write.
 */
@NullMarked
package io.walnut.wal.tool;

import org.jspecify.annotations.NullMarked;
