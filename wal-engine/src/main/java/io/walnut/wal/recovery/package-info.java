/** What the recovery of a directory found, as values: a verdict and a finding for each segment, and the report of all. */
@NullMarked
package io.walnut.wal.recovery;

import org.jspecify.annotations.NullMarked;
