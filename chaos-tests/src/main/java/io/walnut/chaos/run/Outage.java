package io.walnut.chaos.run;

import io.walnut.chaos.fault.Nemesis;
import java.util.OptionalLong;

/**
 * How long a fault kept clients from appending. All logs count alike: while one of them takes appends, there is no outage.
 *
 * @param silence nanoseconds, the longest without an acknowledged append between the beginning of the fault and the first one
 *     acknowledged after its healing
 * @param recovery nanoseconds from its healing to that first one; empty when there was none before the clients were stopped
 */
public record Outage(Nemesis.Injected fault, long silence, OptionalLong recovery) {}
