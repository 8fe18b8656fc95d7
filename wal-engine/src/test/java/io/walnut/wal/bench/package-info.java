@NullMarked
package io.walnut.wal.bench;

import org.jspecify.annotations.NullMarked;
