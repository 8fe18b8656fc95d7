package io.walnut.chaos;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What the harness and the tests of whole clusters may know of. */
@AnalyzeClasses(packages = "io.walnut.chaos")
class ArchitectureTest {
    /**
     * They see what a user sees: the client, the programs, the processes. A fault that needs the inside is not one of theirs. But a
     * cluster in one process is made of the inside, and its network stands before a port that Ratis opens; and a bug that is planted
     * is one of the inside.
     */
    @ArchTest
    static final ArchRule clustersAreSeenFromOutside = noClasses()
            .that()
            .resideOutsideOfPackages("io.walnut.chaos.sim..", "io.walnut.chaos.bugs..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.walnut.wal..",
                    "io.walnut.node",
                    "io.walnut.node.append..",
                    "io.walnut.node.config..",
                    "io.walnut.node.http..",
                    "io.walnut.node.metrics..",
                    "io.walnut.node.raft..",
                    "io.walnut.node.rpc..",
                    "org.apache.ratis..",
                    "io.grpc..");

    @ArchTest
    static final ArchRule suitesDoNotKnowEachOther =
            slices().matching("io.walnut.chaos.(process|container)..").should().notDependOnEachOther();

    @ArchTest
    static final ArchRule packagesStandInOneOrder =
            slices().matching("io.walnut.chaos.(*)..").should().beFreeOfCycles();

    /** Who judges must not share a mistake with what is judged. */
    @ArchTest
    static final ArchRule theJudgeKnowsHistoriesAlone = noClasses()
            .that()
            .resideInAPackage("io.walnut.chaos.check..")
            .should()
            .dependOnClassesThat(resideInAPackage("io.walnut..")
                    .and(not(resideInAnyPackage("io.walnut.chaos.check..", "io.walnut.chaos.history.."))));
}
