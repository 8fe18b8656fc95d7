/** Segments as they live in memory: active and sealed ones, the list of them, how they are prepared and sealed. */
@NullMarked
package io.walnut.wal.segment;

import org.jspecify.annotations.NullMarked;
