"""Register, sign in, sign out, and choose a new password."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from courtside.accounts import accounts
from courtside.accounts.passwords import problem_with
from courtside.accounts.people import SQL, SignedIn, Somebody
from courtside.site import forgery, pages
from courtside.site.failures import NotFound
from courtside.site.forgery import Form, whole_number

router = APIRouter()
HOME = "/availability"
LONGEST_NAME = 80


@router.get("/")
def home(somebody: Somebody) -> Response:
    """The address without a path."""
    return pages.go_to(HOME if somebody else "/sign-in")


@router.get("/sign-in")
def sign_in_page(request: Request, somebody: Somebody, next: str = "") -> Response:
    """The form."""
    if somebody:
        return pages.go_to(pages.own_address(next, HOME))
    return pages.page(request, "accounts/sign_in.html", email="", next=next, problem=None)


@router.post("/sign-in")
def sign_in(request: Request, form: Form) -> Response:
    """Check email and password; the browser gets a new id, so one known before is worth nothing."""
    email, password = form.get("email", "").strip().lower(), form.get("password", "")
    state = request.app.state
    state.rate_limits.sign_in(email[:300], _address(request))
    with state.database.connected() as connection:
        stored = accounts.stored_password(connection, email)
    if not state.passwords.matches(stored[1] if stored else None, password[:1000]) or not stored:
        return pages.page(
            request,
            "accounts/sign_in.html",
            status=422,
            email=email,
            next=form.get("next", ""),
            problem="This email and password do not belong together.",
        )
    return _let_in(request, stored[0], pages.own_address(form.get("next", ""), HOME))


@router.post("/sign-out")
def sign_out(request: Request, somebody: Somebody, form: Form) -> Response:
    """End this browser's session, or all of the user's."""
    if somebody:
        with request.app.state.database.connected() as connection:
            if form.get("everywhere"):
                accounts.end_all_sessions(connection, somebody.user_id)
            else:
                accounts.end_session(connection, forgery.browser_id(request))
    response = pages.go_to("/sign-in")
    pages.set_browser_id(request, response, forgery.new_browser_id(), seconds=None)
    return response


@router.get("/account")
def account(request: Request, person: SignedIn) -> Response:
    """Who I am here."""
    del person  # the template knows; asking for it makes sure that somebody is signed in
    return pages.page(request, "accounts/account.html")


@router.get("/register")
def register_page(request: Request, somebody: Somebody) -> Response:
    """The form."""
    if somebody:
        return pages.go_to(HOME)
    return pages.page(request, "accounts/register.html", email="", name="", problem=None)


@router.post("/register")
def register(request: Request, form: Form) -> Response:
    """Make an account, sign in, and go on to find oneself among the players."""
    state = request.app.state
    state.rate_limits.register(_address(request))
    email = accounts.email_as_kept(form.get("email", ""))
    name, password = " ".join(form.get("name", "").split()), form.get("password", "")
    problem = problem_with(password)
    if email is None:
        problem = "This is no email address."
    elif not 1 <= len(name) <= LONGEST_NAME:
        problem = f"Enter your name, in at most {LONGEST_NAME} characters."
    user_id = None
    if problem is None and email is not None:
        password_hash = state.passwords.hash(password)
        with state.database.transaction() as connection:
            user_id = accounts.create(connection, email, name, password_hash)
        if user_id is None:
            problem = "This email has an account already. Sign in, or ask the operator for a link."
    if user_id is None:
        return pages.page(
            request,
            "accounts/register.html",
            status=422,
            email=form.get("email", ""),
            name=name,
            problem=problem,
        )
    return _let_in(request, user_id, "/find-yourself")


@router.get("/new-password/{token}")
def new_password_page(request: Request, token: str) -> Response:
    """The form behind a reset link."""
    with request.app.state.database.connected() as connection:
        email = accounts.user_of_reset(connection, token)
    if email is None:
        raise NotFound("This link was used already, or is too old.", fix="Ask for a new one.")
    return pages.page(request, "accounts/new_password.html", token=token, email=email, problem=None)


@router.post("/new-password/{token}")
def new_password(request: Request, token: str, form: Form) -> Response:
    """Set the password, end all sessions of the user, and sign in."""
    state = request.app.state
    state.rate_limits.register(_address(request))
    with state.database.connected() as connection:
        email = accounts.user_of_reset(connection, token)
    if email is None:
        raise NotFound("This link was used already, or is too old.", fix="Ask for a new one.")
    password = form.get("password", "")
    if problem := problem_with(password):
        return pages.page(
            request,
            "accounts/new_password.html",
            status=422,
            token=token,
            email=email,
            problem=problem,
        )
    password_hash = state.passwords.hash(password)
    with state.database.transaction() as connection:
        user_id = accounts.use_reset(connection, token)
        if user_id is None:
            raise NotFound("This link was used already, or is too old.", fix="Ask for a new one.")
        accounts.set_password(connection, user_id, password_hash)
    return _let_in(request, user_id, HOME)


@router.post("/team")
def choose_team(request: Request, person: SignedIn, form: Form) -> Response:
    """Remember which team pages show first."""
    team = person.team(whole_number(form.get("team", "")) or 0)
    with request.app.state.database.connected() as connection:
        connection.execute(SQL["choose_team"], [person.user_id, team.team_id])
    return pages.go_to(pages.own_address(form.get("next", ""), HOME))


def _let_in(request: Request, user_id: int, address: str) -> Response:
    """Start a session under a new id; the session that the browser had ends."""
    state = request.app.state
    browser_id = forgery.new_browser_id()
    with state.database.transaction() as connection:
        accounts.end_session(connection, forgery.browser_id(request))
        accounts.start_session(connection, user_id, browser_id, state.configuration.session_days)
    response = pages.go_to(address)
    seconds = state.configuration.session_days * 24 * 3600
    pages.set_browser_id(request, response, browser_id, seconds=seconds)
    return response


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
