package io.walnut.chaos.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.fault.FaultClass;
import io.walnut.chaos.fault.Nemesis;
import io.walnut.chaos.history.Call;
import io.walnut.chaos.history.Ids;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Outcome;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class LivenessTest {
    private int appends;

    @Test
    void silenceLastsUntilTheFirstAppendAfterTheHealing() {
        List<Outage> outages =
                outages(List.of(fault(100, 200)), ok(90), ok(120), failed(150), ok(130), ok(260), ok(300));

        assertThat(outages).containsExactly(new Outage(fault(100, 200), 130, OptionalLong.of(60)));
    }

    @Test
    void whatWasSilentBeforeTheFaultDoesNotCount() {
        assertThat(outages(List.of(fault(100, 200)), ok(10), ok(210)))
                .containsExactly(new Outage(fault(100, 200), 110, OptionalLong.of(10)));
    }

    @Test
    void aFaultThatKeepsNobodyFromAnythingIsShortAsTheTimeBetweenTwoAppends() {
        assertThat(outages(List.of(fault(100, 130)), ok(95), ok(105), ok(112), ok(118), ok(129), ok(131), ok(500)))
                .containsExactly(new Outage(fault(100, 130), 11, OptionalLong.of(1)));
    }

    @Test
    void whereNothingIsAcknowledgedAnyMoreThereIsNoRecovery() {
        assertThat(outages(List.of(fault(100, 200)), ok(90), ok(150), failed(450)))
                .containsExactly(new Outage(fault(100, 200), 300, OptionalLong.empty()));
    }

    @Test
    void faultsThatOverlapAreEachMeasuredForThemselves() {
        // As the nemesis tells them: in the order of their healing.
        List<Nemesis.Injected> faults = List.of(fault(150, 180), fault(100, 200), fault(400, 420));
        assertThat(outages(faults, ok(110), ok(190), ok(230), ok(500)))
                .containsExactly(
                        new Outage(fault(150, 180), 40, OptionalLong.of(10)),
                        new Outage(fault(100, 200), 80, OptionalLong.of(30)),
                        new Outage(fault(400, 420), 100, OptionalLong.of(80)));
    }

    @Test
    void aFaultAfterTheLastCallHasKeptNobodyWaiting() {
        assertThat(outages(List.of(fault(100, 200)), ok(50)))
                .containsExactly(new Outage(fault(100, 200), 0, OptionalLong.empty()));
    }

    private static Nemesis.Injected fault(long begun, long healed) {
        return new Nemesis.Injected("kill-one", FaultClass.KILL_ONE, List.of("n1"), begun, healed);
    }

    private Operation ok(long returned) {
        return new Operation.Append(Call.ok(1, "a", returned - 5, returned), Ids.of(1, appends++), 1, 0);
    }

    private Operation failed(long returned) {
        Call call = new Call(1, "a", returned - 5, returned, Outcome.INFO, "later");
        return new Operation.Append(call, Ids.of(1, appends++), 1, Operation.UNKNOWN);
    }

    /** Heard in the order of their returns, as from a history. */
    private static List<Outage> outages(List<Nemesis.Injected> faults, Operation... operations) {
        Liveness liveness = new Liveness(faults);
        List.of(operations).stream()
                .sorted((a, b) -> Long.compare(a.call().returned(), b.call().returned()))
                .forEach(liveness::returned);
        return liveness.outages();
    }
}
