/**
 * Clusters of node processes on this machine: what the verbs {@code up}, {@code down} and {@code demo} and the process tests
 * stand on. Knows the server only as a program with a configuration file, an HTTP port and signals.
 */
@NullMarked
package io.walnut.node.local;

import org.jspecify.annotations.NullMarked;
