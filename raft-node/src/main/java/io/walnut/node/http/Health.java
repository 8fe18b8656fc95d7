package io.walnut.node.http;

/**
 * How a node stands, for probes.
 *
 * @param live worth keeping: false only when nothing but a restart helps
 * @param started has come up; never false again
 * @param ready takes part, knows a leader and has applied nearly all that is committed
 * @param reason why it is not live, not started or not ready; empty when it is all of them
 */
public record Health(boolean live, boolean started, boolean ready, String reason) {}
