// A placeholder: only the name, status and headers of this file matter to the tests.
