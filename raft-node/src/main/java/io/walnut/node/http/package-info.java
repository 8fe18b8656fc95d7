/**
 * The HTTP port of a node: health for whoever runs it, metrics for Prometheus.
 *
 * <p>{@code /livez} the process is worth keeping; {@code /startupz} it has come up; {@code /readyz} it may be sent work;
 * {@code /metrics}. Only this package serves HTTP.
 */
@NullMarked
package io.walnut.node.http;

import org.jspecify.annotations.NullMarked;
