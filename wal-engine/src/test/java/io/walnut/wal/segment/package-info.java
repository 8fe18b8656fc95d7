@NullMarked
package io.walnut.wal.segment;

import org.jspecify.annotations.NullMarked;
