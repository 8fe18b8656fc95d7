package io.walnut.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {
    @Test
    void stepsOfAllClientsComeEvenly() {
        Pace pace = Pace.of(100);
        Pace.Beat first = pace.beat(0, 2, 0);
        Pace.Beat second = pace.beat(1, 2, 0);
        assertThat(first.next(0)).isZero();
        assertThat(second.next(0)).isEqualTo(10_000_000);
        assertThat(first.next(5_000_000)).isEqualTo(15_000_000);
        assertThat(second.next(10_000_000)).isEqualTo(20_000_000);
    }

    @Test
    void whatWasMissedIsNotMadeUpFor() {
        Pace.Beat beat = Pace.of(100).beat(0, 1, 0);
        assertThat(beat.next(0)).isZero();
        assertThat(beat.next(1_000_000_000)).isZero();
        assertThat(beat.next(1_000_000_000)).isEqualTo(10_000_000);
    }

    @Test
    void withoutARateThereIsAPause() {
        Pace.Beat beat = Pace.pausing(Duration.ofMillis(2)).beat(3, 8, 0);
        assertThat(beat.next(0)).isEqualTo(2_000_000);
        assertThat(beat.next(1)).isEqualTo(2_000_000);
    }

    @Test
    void whatIsNoPaceIsRefused() {
        assertThatThrownBy(() -> Pace.of(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Pace.of(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Pace.pausing(Duration.ofMillis(-1))).isInstanceOf(IllegalArgumentException.class);
    }
}
