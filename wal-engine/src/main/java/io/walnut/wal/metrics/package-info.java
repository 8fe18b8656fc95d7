/**
 * What a log does, as metrics of a Dropwizard registry. Who uses this package brings {@code metrics-core} along; the engine itself
 * does not need it.
 */
@NullMarked
package io.walnut.wal.metrics;

import org.jspecify.annotations.NullMarked;
