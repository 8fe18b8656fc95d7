@NullMarked
package io.walnut.wal.io.uring;

import org.jspecify.annotations.NullMarked;
