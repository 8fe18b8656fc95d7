/** Makes a directory consistent at open: looks, judges, reports, and only then acts. */
@NullMarked
package io.walnut.wal.recovery;

import org.jspecify.annotations.NullMarked;
