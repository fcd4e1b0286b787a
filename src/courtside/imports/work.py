"""One import at a time, in a thread of its own, by the engine that the command line uses.

What is planned and not applied yet is kept here, in memory: after a restart it must be planned
again, and its staged rows go with the first plan a day later.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from courtside.imports.scrapes import Scrape
from courtside.site.failures import Failure
from seawall import Engine, Manifest, Plan, SeawallError


class ImportUnderWay(Failure):
    """This site is planning or importing already."""

    status = 409
    title = "An import is under way"
    fix = "Wait until it has ended, then do it again. Nothing was started."


class PlanIsOld(Failure):
    """The plan is not, or no longer, the one that waits for a decision."""

    status = 409
    title = "This plan is out of date"
    fix = "Nothing was written. Plan the import again, and decide on what that plan says."


@dataclass(frozen=True)
class Pending:
    """A plan that waits for a decision."""

    plan: Plan
    scrape: Scrape


@dataclass
class Job:
    """What is being done, or was done last.

    Attributes:
        what: in words, such as ``Planning scrapes/2025-06-30``.
        stage, done: where the engine says it stands.
        future: holds the address of the page that shows the result.
    """

    what: str
    started_at: datetime.datetime
    future: Future[str] = field(default_factory=Future)
    stage: str = "starting"
    done: int = 0

    @property
    def is_done(self) -> bool:
        return self.future.done()

    @property
    def error(self) -> BaseException | None:
        """What stopped it; None where it ended well or goes on."""
        return self.future.exception() if self.is_done else None


class Imports:
    """The site's way to the engine.

    Args:
        manifest: courtside's own.
        database_url: the same database that the pages use.
    """

    def __init__(self, manifest: Manifest, database_url: str) -> None:
        self._manifest = manifest
        self._url = database_url
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="import")
        self._lock = threading.Lock()
        self._job: Job | None = None
        self._pending: Pending | None = None

    @property
    def engine(self) -> Engine:
        """An engine for a page's own question; it holds no connection."""
        return Engine(self._manifest, self._url)

    @property
    def job(self) -> Job | None:
        """What is being done, or was done last by this process."""
        return self._job

    def pending(self, digest: str) -> Pending:
        """The plan with this digest.

        Raises:
            PlanIsOld: it is not the one that waits.
        """
        pending = self._pending
        if pending is None or pending.plan.digest != digest:
            raise PlanIsOld
        return pending

    @property
    def waiting(self) -> Pending | None:
        """The plan that waits for a decision."""
        return self._pending

    def start_plan(self, scrape: Scrape, as_of: datetime.date | None) -> Job:
        """Plan a scrape; the plan that waited before is discarded.

        Raises:
            ImportUnderWay: something is being done.
        """

        def work(engine: Engine) -> str:
            self._drop_pending(engine)
            plan = engine.plan(scrape.path, as_of=as_of)
            self._pending = Pending(plan, scrape)
            return f"/imports/plan/{plan.digest}"

        return self._start(f"Planning {scrape.label}", work)

    def start_apply(
        self, digest: str, acceptances: Mapping[str, str], before: Callable[[Pending], None]
    ) -> Job:
        """Do what the plan with this digest says.

        Args:
            acceptances: ``CHECK:TABLE[@SCOPE]`` → reason.
            before: called before anything is written, to put on record who does it.

        Raises:
            ImportUnderWay: something is being done.
            PlanIsOld: it is not the plan that waits.
        """

        def work(engine: Engine) -> str:
            pending = self.pending(digest)
            before(pending)
            report = engine.apply(pending.plan, acceptances=acceptances)
            # A refused plan can be applied again with an acceptance, unless it is stale.
            stale = {finding["check"] for finding in report["findings"]} & {"plan-stale"}
            if report["outcome"] != "refused" or stale:
                self._drop_pending(engine)
            return f"/imports/{report['run']}"

        self.pending(digest)
        return self._start("Importing", work)

    def discard(self, digest: str) -> None:
        """Give up a plan and its staged rows.

        Raises:
            ImportUnderWay: something is being done.
            PlanIsOld: it is not the plan that waits.
        """

        def work(engine: Engine) -> str:
            self._drop_pending(engine)
            return "/imports"

        self.pending(digest)
        self.wait(self._start("Giving up the plan", work), timeout_seconds=10)

    def wait(self, job: Job, *, timeout_seconds: float) -> bool:
        """Wait for a job's end; returns whether it has ended."""
        wait([job.future], timeout=timeout_seconds)
        return job.is_done

    def close(self) -> None:
        """Let what is being done come to its end; nothing new begins."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _drop_pending(self, engine: Engine) -> None:
        pending, self._pending = self._pending, None
        if pending:
            with suppress(SeawallError):
                engine.discard(pending.plan)

    def _start(self, what: str, work: Callable[[Engine], str]) -> Job:
        with self._lock:
            if self._job and not self._job.is_done:
                raise ImportUnderWay(f"{self._job.what}.")
            job = self._job = Job(what, datetime.datetime.now(datetime.UTC))
        self._thread.submit(self._do, job, work)
        return job

    def _do(self, job: Job, work: Callable[[Engine], str]) -> None:
        def progress(stage: str, done: int) -> None:
            job.stage, job.done = stage, done

        try:
            job.future.set_result(work(Engine(self._manifest, self._url, progress=progress)))
        except (SeawallError, Failure) as error:
            job.future.set_exception(error)
        except Exception as error:
            structlog.get_logger("courtside").exception("import failed", what=job.what)
            job.future.set_exception(error)
