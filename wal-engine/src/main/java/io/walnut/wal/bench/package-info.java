/** Measures a log: the rows of {@code docs/PERFORMANCE.md}, on ours and on what somebody would use in its place. */
@NullMarked
package io.walnut.wal.bench;

import org.jspecify.annotations.NullMarked;
