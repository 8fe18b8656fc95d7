package io.walnut.wal;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What this module and its packages may know of. */
@AnalyzeClasses(packages = "io.walnut", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    /** No Raft, no gRPC, no Protobuf, nothing of the other modules: the engine is worth using alone. */
    @ArchTest
    static final ArchRule theEngineKnowsOnlyJavaAndALogger = classes()
            .that()
            .resideInAPackage("io.walnut.wal..")
            .and()
            .resideOutsideOfPackages("io.walnut.wal.bench..", "io.walnut.wal.metrics..", "io.walnut.wal.compress..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("io.walnut.wal..", "java..", "org.slf4j..", "org.jspecify.annotations..");

    @ArchTest
    static final ArchRule nothingOfTheEngineNeedsItsBenchmarkOrItsMetrics = noClasses()
            .that()
            .resideOutsideOfPackages("io.walnut.wal.bench..", "io.walnut.wal.metrics..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.walnut.wal.bench..", "io.walnut.wal.metrics..");

    @ArchTest
    static final ArchRule onlyOneRoomKnowsTheCompressionLibraries = classes()
            .that()
            .resideInAPackage("io.walnut.wal.compress..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "io.walnut.wal.compress..",
                    "java..",
                    "org.jspecify.annotations..",
                    "net.jpountz..",
                    "com.github.luben.zstd..");

    @ArchTest
    static final ArchRule allOfItIsTheEngine = classes()
            .should()
            .resideInAPackage("io.walnut.wal..")
            .as("no class of this module is outside io.walnut.wal");

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("io.walnut.(**)").should().beFreeOfCycles();

    /** Their index is the same over every log: applied by the node behind Raft, and without it. */
    @ArchTest
    static final ArchRule namedLogsKnowNothingOfTheLogBelow = noClasses()
            .that()
            .resideInAPackage("io.walnut.wal.logs..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.walnut.wal",
                    "io.walnut.wal.io..",
                    "io.walnut.wal.format..",
                    "io.walnut.wal.segment..",
                    "io.walnut.wal.recovery..",
                    "io.walnut.wal.tool..");

    @ArchTest
    static final ArchRule onlyTheStorageTouchesFiles = noClasses()
            .that()
            .resideInAnyPackage("io.walnut.wal.format..", "io.walnut.wal.logs..", "io.walnut.wal.recovery..")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.nio.channels.FileChannel")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.nio.file.Files");
}
