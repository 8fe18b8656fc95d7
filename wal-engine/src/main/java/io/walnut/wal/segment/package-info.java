/** One segment as it lives in memory, active or sealed, and the index of its frames. */
@NullMarked
package io.walnut.wal.segment;

import org.jspecify.annotations.NullMarked;
