"""The kinds of message about bases, questions of eligibility, and the global list (§3; P8, P10)."""

from django.urls import reverse

from notifications.kinds import Kind, register, site_link
from partners.models import Basis, BasisReminder, EligibilityCase, RegisterIssue
from partners.policies import parties_to_basis
from partners.registers import ends_of, own_standings, reads_global
from sharing.access import access_of


class _AboutBasis(Kind):
    """About a reminder; to DSS and to the organisation itself."""

    state: str

    def _reminder(self, message):
        rows = BasisReminder.objects.select_related("basis__standing__organisation", "basis__standing__area")
        return rows.get(subject=message.subject_id)

    def still_due(self, message):
        """As long as it is so, and is the recipient's business."""
        reminder = self._reminder(message)
        basis, access = reminder.basis, access_of(message.recipient)
        if basis.state != self.state or ends_of(basis) != reminder.ends_on:
            return False
        standing = basis.standing_id
        return bool(parties_to_basis(access, basis)) or any(
            row.standing.pk == standing for row in own_standings(access)
        )

    def context(self, message):
        """How the organisation stands where, until when, and the page to act on, for who has one: DSS decides, the
        headquarters of the organisation see how they stand, its people in an area are told."""
        reminder, access = self._reminder(message), access_of(message.recipient)
        is_dss, path = bool(parties_to_basis(access, reminder.basis)), ""
        if is_dss:
            path = reverse("partners:basis", args=[reminder.basis.ref])
        elif access.offices_for("applicant"):
            path = reverse("partners:home")
        standing = reminder.basis.standing
        return {
            "basis": reminder.basis,
            "standing": standing,
            "organisation": standing.organisation,
            "until": reminder.ends_on,
            "is_dss": is_dss,
            "link": site_link(path) if path else "",
        }


@register
class BasisEnding(_AboutBasis):
    """What a standing rests on ends in 90, 30 or 7 days (P10)."""

    code = "partners.basis_ending"
    state = Basis.State.CURRENT


@register
class BasisLapsed(_AboutBasis):
    """What a standing rests on has ended; DSS decides (P10)."""

    code = "partners.basis_lapsed"
    state = Basis.State.LAPSED


@register
class BasisEnded(Kind):
    """DSS ended a standing: the organisation hears of it, and what it means (P10)."""

    code = "partners.basis_ended"

    def _basis(self, message):
        return Basis.objects.select_related("standing__organisation", "standing__area").get(subject=message.subject_id)

    def still_due(self, message):
        """To whoever still answers for the organisation."""
        basis, access = self._basis(message), access_of(message.recipient)
        standing = basis.standing
        in_area = f"originator_in_area:{standing.organisation_id}:{standing.area_id}"
        is_theirs = standing.organisation_id in access.offices_for("applicant") or in_area in access.principals
        return is_theirs and basis.state == Basis.State.ENDED

    def context(self, message):
        """How the organisation stood where, and the page for its headquarters."""
        basis = self._basis(message)
        has_page = bool(access_of(message.recipient).offices_for("applicant"))
        link = site_link(reverse("partners:home")) if has_page else ""
        return {"basis": basis, "standing": basis.standing, "organisation": basis.standing.organisation, "link": link}


class _AboutCase(Kind):
    def _case(self, message):
        rows = EligibilityCase.objects.visible_to(message.recipient).select_related("organisation", "area")
        return rows.filter(subject=message.subject_id).first()

    def context(self, message):
        """Which organisation where, and the page. The texts stand there."""
        case = self._case(message)
        return {"case": case, "link": site_link(reverse("partners:case", args=[case.ref]))}


@register
class CaseOpened(_AboutCase):
    """The Working Group is asked whether an organisation is eligible in an area (§3)."""

    code = "partners.case_opened"

    def still_due(self, message):
        """Until it is settled, for whoever may still see it."""
        case = self._case(message)
        return case is not None and case.state == EligibilityCase.State.OPEN


@register
class CaseSettled(_AboutCase):
    """DSS of the area learns what the Working Group says."""

    code = "partners.case_settled"

    def still_due(self, message):
        """For whoever may still see it."""
        return self._case(message) is not None


@register
class GlobalList(Kind):
    """The global list changed, or six months have passed: number, why and where it is; no names (P8, C7)."""

    code = "partners.global_list"

    def still_due(self, message):
        """For whoever still reads the global register."""
        return reads_global(access_of(message.recipient))

    def context(self, message):
        """Number, day, why, and the page of the list."""
        issue = RegisterIssue.objects.defer("rows").get(subject=message.subject_id)
        return {"issue": issue, "link": site_link(reverse("partners:issue", args=[issue.number]))}
