/** Makes the records of a batch smaller, and gets them back. Knows the libraries that do it, and nothing of the log. */
@NullMarked
package io.walnut.wal.compress;

import org.jspecify.annotations.NullMarked;
