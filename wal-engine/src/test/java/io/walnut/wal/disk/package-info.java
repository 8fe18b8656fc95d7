/** The log on real file systems that lose their power, fill up, or have no descriptors left. */
@NullMarked
package io.walnut.wal.disk;

import org.jspecify.annotations.NullMarked;
