"""What fails the gate, what suppresses a finding, and the difference between two reports."""
