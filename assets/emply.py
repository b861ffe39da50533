"""The assets of group `emply`: what Emply says. How it is read is `client`, what it looks like `frames`."""

from assets.source import source
from entra_emply.connectors.emply import frames

emply_users = source("emply", "emply_users", frames.Users, lambda to: to.emply.users())
emply_employees = source("emply", "emply_employees", frames.Employees, lambda to: to.emply.employees())
emply_roles = source("emply", "emply_roles", frames.Roles, lambda to: to.emply.roles())
emply_departments = source("emply", "emply_departments", frames.Departments, lambda to: to.emply.departments())
