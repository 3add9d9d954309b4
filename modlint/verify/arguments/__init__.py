"""How the verifier finds arguments: guesses from what the code says, then repair of what fails."""
