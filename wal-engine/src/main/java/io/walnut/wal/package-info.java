/** The embeddable write-ahead log: the front door of the engine. */
@NullMarked
package io.walnut.wal;

import org.jspecify.annotations.NullMarked;
