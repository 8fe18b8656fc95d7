/** The bytes on disk: layouts and codecs, one file per kind. Imports nothing of the engine. {@code docs/FORMAT.md}. */
@NullMarked
package io.walnut.wal.format;

import org.jspecify.annotations.NullMarked;
