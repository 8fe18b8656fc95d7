@NullMarked
package io.walnut.wal.tool;

import org.jspecify.annotations.NullMarked;
